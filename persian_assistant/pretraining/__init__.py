"""Builds a small model from raw text: documents → tokenizer → packed tokens → training → chat tuning."""
