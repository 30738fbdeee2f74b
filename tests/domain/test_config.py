"""The settings of a process come from its environment, each checked at start."""

from dataclasses import fields

import pytest

from calling_credit.config import Config

TABLE = {"TABLE_NAME": "ledger"}


def test_without_a_variable_a_setting_has_its_default() -> None:
    settings = Config.from_environment(TABLE)
    assert settings == Config(table_name="ledger")
    assert settings.home_countries == {"US", "CA"}
    assert settings.no_cap_countries == {"US", "CA", "MX", "GB"}
    assert (settings.bounds.minimum_micros, settings.bounds.maximum_micros) == (5_000_000, 500_000_000)


def test_each_variable_has_the_type_of_its_setting() -> None:
    texts = {
        "HOME_COUNTRIES": "FR",
        "LEAD_SECONDS": "2",
        "PRICES_MAY_CHANGE": "true",
        "SELLER_NAME": "Société\u00a0Voix",
    }
    settings = Config.from_environment({**TABLE, **texts, "PATH": "/bin"})
    assert (settings.home_country, settings.lead_seconds, settings.prices_may_change) == ("FR", 2, True)
    assert settings.seller_name == "Société\u00a0Voix"
    assert Config.from_environment({**TABLE, "PRICES_MAY_CHANGE": "False"}).prices_may_change is False


def test_every_number_has_a_range_that_holds_its_default() -> None:
    for field in fields(Config):
        if type(field.default) is int:
            variable = field.name.upper()
            default = Config.from_environment({**TABLE, variable: str(field.default)})
            assert default == Config(table_name="ledger")
            for text in ("-1", "90000", "", "1.5", "many"):
                with pytest.raises(ValueError, match=variable):
                    Config.from_environment({**TABLE, variable: text})


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("TABLE_NAME", ""),
        ("TABLE_NAME", "ab"),
        ("HOME_COUNTRIES", ""),
        ("HOME_COUNTRIES", "US,"),
        ("HOME_COUNTRIES", "US,CA\n"),
        ("NO_CAP_COUNTRIES", "us"),
        ("TAX", "tables"),
        ("SELLER_NAME", "x" * 101),
        ("SELLER_ADDRESS", "1 Street\nTown"),
        ("SELLER_TAX_ID", "hidden\u200b"),
        ("PRICES_MAY_CHANGE", ""),
        ("PRICES_MAY_CHANGE", "perhaps"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_names_its_variable(variable: str, text: str) -> None:
    with pytest.raises(ValueError, match=variable):
        Config.from_environment({**TABLE, variable: text})


def test_a_function_without_a_table_does_not_start() -> None:
    with pytest.raises(ValueError, match="TABLE_NAME, TAX"):
        Config.from_environment({"TAX": "all"})
