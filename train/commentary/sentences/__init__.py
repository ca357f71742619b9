"""Pretrained sentence vectors beside the plain way: pieces of words, an encoder from a folder, and the comparison."""
