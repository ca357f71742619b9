"""Where sound comes from (microphone, files, standard input, addresses), how loud it is, and its log-mel frames."""
