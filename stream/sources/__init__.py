"""What is connected to Pulso: cameras, tills, mailboxes, microphones. Each runs by itself and never stops another."""
