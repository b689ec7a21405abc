"""Which payment settles which invoices, how sure that is, and why. Pure: facts in, proposals out.

`engine.Matcher` is the way in; `facts` holds what goes in and comes out.
"""
