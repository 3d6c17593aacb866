"""A mailbox in place of a mail server: takes every mail by SMTP, keeps it on disk, shows it as JSON."""
