"""Rubrics in one language, as a teacher writes them: a question each, points of any size."""

from dataclasses import dataclass, field
from pathlib import Path

_HEAD = """\
schema = "rubric/1"
id = "{id}"
{total}
[question]
{tag} = "{question}"

[documents.book]
title = "{title}"
url = "https://example.org/{id}"
"""
_POINT = """
[[key_points]]
id = "{id}"
weight = {weight}
{tag} = "{text}"
notes = {{ met = "{met}", missed = "{missed}" }}
sources = [{{ document = "book", section = "1" }}]
"""
_CLAIM = """
[[misconceptions]]
id = "the-opposite"
{tag} = "{wrong}"
correction = {{ {tag} = "{right}" }}
penalty = 0.5
sources = [{{ document = "book" }}]
"""
_GROUP = """
[[groups]]
key_points = ["second", "third", "fourth"]
enough = 2
"""
NAMES = ("first", "second", "third", "fourth")


@dataclass(frozen=True)
class Tongue:
    """What a rubric says in one language."""

    tag: str
    question: str
    title: str
    points: tuple[str, str, str, str]
    wrong: str
    right: str
    met: str
    missed: str
    answer: str
    weights: tuple[float, float, float, float] = field(default=(10, 7.5, 7.5, 7.5))

    def rubric(self, folder: Path, name: str, total: float | None = None) -> Path:
        """Writes the rubric *name* into *folder*."""
        stated = "" if total is None else f"total = {total}"
        text = _HEAD.format(**vars(self), id=name, total=stated)
        for point, weight, said in zip(NAMES, self.weights, self.points, strict=True):
            text += _POINT.format(**(vars(self) | {"id": point, "weight": weight, "text": said}))
        path = folder / f"{name}.toml"
        path.write_text(text + _GROUP + _CLAIM.format(**vars(self)), encoding="utf-8")
        return path


ENGLISH = Tongue(
    "en",
    "What does a browser use a cache for?",
    "Understanding networks",
    (
        "A fresh response is served without a request.",
        "A stale response is revalidated with If-None-Match.",
        "Status 304 confirms the stored copy.",
        "Vary is part of the cache's key.",
    ),
    "The directive no-cache forbids to store the response.",
    "Only no-store forbids to store it; no-cache demands a revalidation.",
    "says so in their own words",
    "says nothing of it",
    "While the response is fresh, the browser does not ask the server at all.",
)
GERMAN = Tongue(
    "de",
    "Warum nutzt ein Browser einen Cache?",
    "Netze verstehen",
    (
        "Eine frische Antwort kommt ohne Anfrage aus dem Cache.",
        "Nach Ablauf der Frist fragt der Browser mit If-None-Match nach.",
        "Der Status 304 bestätigt die gespeicherte Kopie.",
        "Vary gehört zum Schlüssel des Caches.",
    ),
    "Die Anweisung no-cache verbietet das Speichern.",
    "Erst no-store verbietet das Speichern; no-cache verlangt eine Nachfrage.",
    "sagt es in eigenen Worten",
    "sagt nichts davon",
    "Solange die Antwort frisch ist, fragt der Browser gar nicht erst nach.",
)
FRENCH = Tongue(
    "fr",
    "À quoi sert le cache du navigateur ?",
    "Comprendre les réseaux",
    (
        "Une réponse fraîche est servie sans requête.",
        "Une réponse périmée est revalidée avec If-None-Match.",
        "Le statut 304 confirme la copie gardée.",
        "Vary fait partie de la clé du cache.",
    ),
    "La directive no-cache interdit de garder la réponse.",
    "Seul no-store interdit de la garder ; no-cache impose une revalidation.",
    "le dit avec ses propres mots",
    "n'en dit rien",
    "Tant que la réponse est fraîche, le navigateur n'envoie aucune requête.",
)
JAPANESE = Tongue(
    "ja",
    "ブラウザはなぜキャッシュを使うのですか。",
    "ネットワーク入門",
    (
        "新しい応答は要求なしでキャッシュから返される。",
        "期限が切れるとIf-None-Matchで問い合わせる。",
        "ステータス304は保存した写しが使えることを示す。",
        "Varyはキャッシュのキーに含まれる。",
    ),
    "no-cacheは保存を禁止する。",
    "保存を禁止するのはno-storeで、no-cacheは確認を求める。",
    "自分の言葉で述べている",
    "何も述べていない",
    "応答が新しい間、ブラウザは問い合わせをせずに写しを使います。",
)
TONGUES = (GERMAN, FRENCH, JAPANESE)
