"""The pages, one file for each subject. Views parse, authorise, call one command or query, and render."""
