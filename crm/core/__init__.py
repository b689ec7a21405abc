"""The ground floor: what can be asked, how it is previewed, committed and kept. No business noun but money and time."""
