"""The terminal without pictures: one record a line, label before value, glyphs as words, cards as questions.

For screen readers, narrow links and logs. Same actions, same letters.
"""
