"""Usual headers of rate sheets in German, French, Italian, Portuguese, and Spanish."""

import re
from typing import Final

from ops.rate_sheets.rate_map import Role

_HEADERS: Final[dict[Role, str]] = {
    Role.CODE: r"prefix[oi]s?\b|prefiss[oi]\b|codic[ei]\b|pr[äa]fix|rufnummer",
    Role.RATE: r"\bpre[çc]o|\bcusto\b|\bco[ûu]t\b|^kosten\b|\bentgelt\b|^importe\b|^montant\b",
    Role.OLD_RATE: (
        r"(tarif|prec|pre[çc]|prix|prezz|preis|co[sûu]t).*\b(anterior|ancien|precedente|antig[oa]|actual|vigente|atual"
        r"|attuale|actuel|alt|bisher\w*|aktuell)\b|\b(ancien|actuel|alt|bisherig|aktuell)\w* (tarif|prix|preis)"
    ),
    Role.MINIMUM: (
        r"^(dura\w+|temps|tempo|tiempo|dur[ée]e) m[íi]nim\w*( \w+)*$|^m[íi]nim[oa]l?( \w+)*$|^minimal( \w+)*$"
        r"|^mindest\w*( \w+)*$|^erste[rs]? \w*takt$|^premiers? palier$"
    ),
    Role.INCREMENT: r"^incr[ée]ments?( \w+)*$|^(folge)?takt$|^paliers?( suivants?)?$",
    Role.INCREMENTS: r"takt$|^incr[ée]ments?$|factura[ct]i|fattura|fatura|abrechnung|cad[êe]ncia|^palier$|^scatto$",
    Role.EFFECTIVE: (
        r"^datum$|^data\b|d[ée]corr|in[íi]cio|in[íi]zio|g[üu]ltig (ab|seit|von)|wirksam ab|^ab$|vig[êe]n|valable"
        r"|v[áa]lido (desde|dal?|a partir)"
    ),
    Role.END: r"\b(fin|fim|fine|ende|bis|hasta|jusqu\w*( au)?|al|scadenza|caducidad|vencimi?ento)$",
    Role.CHANGE: r"^(statut|stato|estado|[äa]nderung|cambio|changement|variazione|altera[çc][ãa]o)$",
}
_PATTERNS: Final = {role: re.compile(pattern) for role, pattern in _HEADERS.items()}


def roles_in_other_languages(name: str) -> set[Role]:
    """Return the roles that a plain header usually has in one of the languages."""
    return {role for role, pattern in _PATTERNS.items() if pattern.search(name)}
