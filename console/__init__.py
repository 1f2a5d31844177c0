"""What people see. For now one status page; it answers in Spanish or English."""
