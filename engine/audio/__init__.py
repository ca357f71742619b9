"""Where sound comes from: microphone, media files, raw PCM on standard input; and how loud it is."""
