"""Words to values, French and English: days, periods, amounts, numbers. No tables, no database, no clock."""
