"""Clean sheets with headers of many carriers and languages: the proposed map is right at once and asks nothing."""

import pytest

from tests.domain.rate_sheet_examples import imported, proposed

ROWS = (("Albania", "355", "0.1133", 60, 1), ("Algeria", "213", "0.08", 30, 6), ("France", "33", "0.005", 1, 1))
LANGUAGES = (
    "Pays;Indicatif;Tarif USD/min;Incrément;Date d'effet;Statut",
    "Zielland;Präfix;Preis/Min USD;Takt;Gültig seit;Änderung",
    "Paese;Prefisso;Prezzo (USD);Fatturazione;Decorrenza;Stato",
    "Destino;Prefixo;Preço por minuto (USD);Cadência;Data de início;Alteração",
    "Destino;Prefijo;Tarifa (USD);Facturación;Fecha de inicio;Estado",
)


@pytest.mark.parametrize(
    "pair",
    [
        "Increment Min/Increment Next",
        "Increment Minimum/Increment_Next",
        "Increment 1/Increment 2",
        "Initial Block/Sub Block",
        "Initial Pulse/Pulse",
        "Start Increment/Next Increment",
        "minimal_time/increment",
        "Base Increment/Increment",
        "Min Bill Sec/Bill Inc Sec",
        "Mínimo (seg)/Incremento (seg)",
        "Tempo mínimo/Incremento",
        "Durée minimale/Incrément",
        "Premier palier/Paliers suivants",
        "Minimo/Incremento",
        "Mindestdauer/Takt",
        "Erster Takt/Folgetakt",
    ],
)
@pytest.mark.parametrize("is_swapped", [False, True])
def test_two_columns_of_seconds_are_minimum_and_increment(pair: str, is_swapped: bool) -> None:
    headers = pair.split("/")[:: -1 if is_swapped else 1]
    lines = [f"Destination,Code,Rate USD,{','.join(headers)}"]
    for name, code, rate, *seconds in ROWS:
        lines.append(",".join(map(str, (name, code, rate, *seconds[:: -1 if is_swapped else 1]))))
    found = imported("\n".join(lines), proposed("\n".join(lines).encode()))
    for _, code, _, minimum, increment in ROWS:
        row = found.row(code)
        assert (row.minimum_seconds, row.increment_seconds) == (minimum, increment)


@pytest.mark.parametrize("header", ["Grace Period", "Increment (min)", "Max Interval", "Billing Cycle"])
def test_no_other_seconds_are_taken_for_half_of_a_pair(header: str) -> None:
    text = f"Destination,Code,Rate USD,Increment (sec),{header}\nAlbania,355,0.1,60,1\nFrance,33,0.2,60,1\n"
    row = imported(text, proposed(text.encode())).row("355")
    assert (row.minimum_seconds, row.increment_seconds) == (60, 60)


@pytest.mark.parametrize("headers", LANGUAGES)
def test_a_sheet_in_another_language_asks_nothing(headers: str) -> None:
    lines = [headers]
    for name, code, rate, minimum, increment in ROWS:
        lines.append(f"{name};{code};{rate.replace('.', ',')};{minimum}/{increment};15.11.2026;New")
    text = "\n".join(lines)
    rate_map = proposed(text.encode())
    assert "# unsure" not in rate_map
    assert "# decide" not in rate_map
    assert 'date_order = "DMY"' in rate_map
    found = imported(text, rate_map)
    for _, code, rate, minimum, increment in ROWS:
        row = found.row(code)
        assert (row.minimum_seconds, row.increment_seconds) == (minimum, increment)
        assert (row.rate_micros_per_minute, row.effective_from[:10]) == (int(float(rate) * 1_000_000), "2026-11-15")


@pytest.mark.parametrize("ends", ["Fecha fin", "Gültig bis", "Valable jusqu'au", "Valido fino al", "Data fim"])
def test_an_end_in_another_language_is_no_beginning(ends: str) -> None:
    text = f"Destination;Code;{ends};Rate USD\nAlbania;355;2036-02-01;0.1\nFrance;33;2025-02-01;0.2\n"
    rate_map = proposed(text.encode())
    assert "effective_from" not in rate_map
    assert set(imported(text, rate_map).rates()) == {"355"}


@pytest.mark.parametrize(("order", "since"), [("DD/MM/YYYY", "2026-11-01"), ("mm-dd-yy", "2026-01-11")])
def test_a_header_that_states_the_order_of_dates_is_believed(order: str, since: str) -> None:
    text = f"Destination,Code,Rate USD,Effective ({order})\nAlbania,355,0.1,01/11/2026\nFrance,33,0.2,01/11/2026\n"
    rate_map = proposed(text.encode())
    assert "# decide" not in rate_map
    assert imported(text, rate_map).row("33", since).rate_micros_per_minute == 200_000
    against = text.replace("01/11", "13/11" if order.startswith("mm") else "11/13")
    assert f'date_order = "{"DMY" if order.startswith("mm") else "MDY"}"' in proposed(against.encode())
