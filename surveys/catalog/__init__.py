"""Standard instruments, one TOML file each."""
