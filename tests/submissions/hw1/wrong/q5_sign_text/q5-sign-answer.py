negative_opt = {
    "P": "a biased coin",
    "H": "two constants",
    "f_t": "the first constant",
    "sample": "one unlucky throw",
}
