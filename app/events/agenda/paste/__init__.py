"""Understands an agenda that was pasted: a table from a spreadsheet or a document, Markdown, or plain lines.

Pure: text in, rows out. Nothing is guessed silently; the page shows each row for correction before it is taken.
"""
