"""The portal: what people see and use in a browser.

Views are thin: they parse, authorise by asking the rooms below as an ``Actor``, call one command or query, and
render. Every page works without JavaScript, speaks English and Simplified Chinese, and sets no cookie before
somebody signs in or chooses a language. Start with ``urls`` (every page by name) and ``views``.
"""
