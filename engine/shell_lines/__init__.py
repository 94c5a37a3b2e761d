"""What a shell command line means, before anything of it runs."""
