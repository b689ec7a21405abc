"""The example company: two years of an invented wholesaler, lived by the product's own actions, dated from today."""
