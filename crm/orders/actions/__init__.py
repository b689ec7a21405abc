"""What can be asked about opportunities, quotes and orders."""

from crm.orders.actions import opportunities, orders, quotes
from crm.orders.orders_csv import OrdersCsv

ACTIONS = (*opportunities.ACTIONS, *quotes.ACTIONS, *orders.ACTIONS)
IMPORTERS = (OrdersCsv(),)
