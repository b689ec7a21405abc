"""Relance: a conversational CRM and customer follow-up for French SMEs."""
