"""A decision in words, in English and Chinese: `render` for entity, officer and court; `explain` in short."""
