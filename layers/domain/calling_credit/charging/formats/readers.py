"""The formats of call records that are read beside the native events, and the reader of each."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from calling_credit.charging.formats.asterisk_csv import read_asterisk_csv
from calling_credit.charging.formats.freeswitch_json import read_freeswitch_json
from calling_credit.charging.formats.kamailio_acc import read_kamailio_acc
from calling_credit.charging.formats.records import Item
from calling_credit.charging.formats.telnyx_call import read_telnyx_call
from calling_credit.charging.formats.twilio_status import read_twilio_status


class Format(StrEnum):
    """The values of `?format=`. docs/call-events.md says which field becomes which."""

    FREESWITCH_JSON = "freeswitch_json"
    ASTERISK_CSV = "asterisk_csv"
    KAMAILIO_ACC = "kamailio_acc"
    TWILIO_STATUS = "twilio_status"
    TELNYX_CALL = "telnyx_call"


Reader = Callable[[str, str], list[Item]]
"""Takes the text of a body and its content type, and returns one item for each record, in order. It raises nothing, and
reads 101 records at most: a body may have 100.

An item is an event in the native form as far as the record tells: `from` and `to` as dialed, `duration_seconds` the
whole billed seconds, and times with an offset if the record has a zone, else such as `2026-11-23 10:00:00`. Or it is a
Rejection that names the field of the source, or an UnreadableRecord, which is a Rejection of a call with a known id.
"""

READERS: Final[Mapping[Format, Reader]] = {
    Format.FREESWITCH_JSON: read_freeswitch_json,
    Format.ASTERISK_CSV: read_asterisk_csv,
    Format.KAMAILIO_ACC: read_kamailio_acc,
    Format.TWILIO_STATUS: read_twilio_status,
    Format.TELNYX_CALL: read_telnyx_call,
}
