"""From the text of a condition to its tree. Nothing else imports lark, which takes its time."""
