"""Signs: what each shows at a time, the commands that alerts ask for, and silent displays."""
