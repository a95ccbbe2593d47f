"""One module a group of verbs; thin: arguments in, tables or JSON out."""
