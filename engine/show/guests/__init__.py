"""Guests: who has come, who has gone, what each is asked, and what a seat plays for whoever sits on it."""
