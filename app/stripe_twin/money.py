"""Amounts in minor units, and how people write them."""

from __future__ import annotations


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Without UGX: Stripe's special case takes 5 UGX as 500.
ZERO_DECIMAL = _codes("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
THREE_DECIMAL = _codes("bhd jod kwd omr tnd")
CURRENCIES = _codes(
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn "
    "bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd "
    "gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak "
    "lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd "
    "omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std "
    "szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xof xpf yer zar "
    "zmw"
)
MAX_AMOUNT = 99_999_999
_LEAST = {
    "usd": 50, "eur": 50, "gbp": 30, "jpy": 50, "aud": 50, "cad": 50, "chf": 50, "nzd": 50,
    "sek": 300, "nok": 300, "dkk": 250, "sgd": 50,
}  # fmt: skip
_SIGNS = {"gbp": "£", "eur": "€", "usd": "$", "jpy": "¥"}


def least_amount(currency: str) -> int:
    """The smallest amount Stripe charges, in minor units; 1 where the twin knows none."""
    return _LEAST.get(currency, 1)


def decimals(currency: str) -> int:
    """How many digits of an amount stand behind the point."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def show(amount: int, currency: str) -> str:
    """`show(1250, "gbp")` is £12.50; `show(1250, "jpy")` is ¥1,250."""
    places = decimals(currency)
    whole, rest = divmod(abs(amount), 10**places)
    number = f"{whole:,}" + (f".{rest:0{places}d}" if places else "")
    sign = "-" if amount < 0 else ""
    mark = _SIGNS.get(currency)
    return f"{sign}{mark}{number}" if mark else f"{sign}{number} {currency.upper()}"
