"""A text in an old code page is read as what it is, or refused: never as another one."""

import pytest

from grader.util.code_pages import recognise

WESTERN = [
    "La mémoire partagée a 32 bancs. À chaque accès au même banc, l'accès est sérialisé –"
    " 32 passes, dégradé, déjà vu, où ça coûte 3 €. L’œuvre est là.",
    "déjà", "été", "Noël à l’île", "Ça dépend", "Größe ist wichtig", "straße", "ÄNDERUNG",
    "Der gemeinsame Speicher hat 32 Bänke; das heißt „32 Durchläufe“.",
    "¿Qué es? La memoria está dividida; así el acceso se serializa según el año.", "España",
    "As instruções não são divididas em 32 bancos, então a execução é mais lenta", "opções",
    "La memoria è divisa in 32 banchi perché così è più veloce; c’è già però",
    "Det delade minnet är uppdelat så att åtkomst till samma bank serialiseras på rad",
    "Den delte hukommelse består af 32 banker, så længde ø", "trådene må vente på hverandre før",
    "Jaettu muisti on 32 pankkia; jos säikeet käyttävät samaa, pääsy sarjallistuu",
    "Sameiginlega minnið er skipt í 32 banka og þræðir bíða þess að röðin komi að þeim",
    "Het geheugen heeft één bank tegelijk, reële vertraging, geïsoleerd, coördinatie",
    "La memòria té 32 bancs, així l’accés és seqüencial; perquè s’espera",
    "It’s memory-bound – the naïve cache grows linearly…",
    "32 × 4 = 128 B; “cold” ½ µs at 5 °C ± 2",
]  # fmt: skip
EASTERN = {
    "gb18030": [
        "冲突",
        "是",
        "广播",
        "不会",
        "bank 冲突会串行化，要加 padding",
        "访存不连续，所以慢。",
    ],
    "big5": ["共享記憶體分成三十二個記憶庫。", "因為存取不連續，所以慢。", "會串列化，要填充"],
    "shift_jis": ["共有メモリは三十二個のバンクに分かれています。", "バンク競合"],
    "euc_jp": ["デコード段階はメモリ帯域で制限される。"],
    "euc_kr": ["공유 메모리는 서른두 개의 뱅크로 나뉜다."],
}
OTHERS = {
    "cp1250": [
        "Sdílená paměť má 32 bank; přístup do téže banky je příliš pomalý",
        "Paweł Żak",
        "Pamięć współdzielona ma 32 banki, więc zażółć gęślą jaźń",
        "A hozzáférés sorosítódik, időről időre, mert a bankok közösek és szűkek",
        "Memoria partajată are 32 de bănci și accesul este serializat",
    ],
    "cp1251": ["Разделяемая память имеет 32 банка", "да", "память"],
    "koi8-r": ["Разделяемая память имеет 32 банка"],
    "cp1253": ["Η κοινόχρηστη μνήμη έχει 32 τράπεζες"],
    "cp1254": ["Paylaşımlı bellek 32 bankadan oluşur", "sıralı erişim yavaştır çünkü"],
    "cp1257": ["Koplietojamai atmiņai ir 32 bankas, tāpēc piekļuve ir secīga"],
    "cp1256": ["الذاكرة المشتركة مقسمة إلى 32 بنكا"],
    "mac-roman": [
        "La mémoire partagée, déjà vu, où ça coûte",
        "Größe ist für Bänke",
        "España está",
    ],
    "cp850": ["La mémoire partagée, déjà vu, où ça coûte", "Größe ist für Bänke"],
}


@pytest.mark.parametrize("text", WESTERN)
def test_the_languages_of_windows_1252_are_read(text: str) -> None:
    assert recognise(text.encode("cp1252")) == "cp1252"


@pytest.mark.parametrize(("codec", "text"), [(c, t) for c, texts in EASTERN.items() for t in texts])
def test_chinese_japanese_and_korean_code_pages_are_told_apart(codec: str, text: str) -> None:
    assert recognise(text.encode(codec)) == codec


@pytest.mark.parametrize(("codec", "text"), [(c, t) for c, texts in OTHERS.items() for t in texts])
def test_any_other_code_page_is_refused(codec: str, text: str) -> None:
    assert recognise(text.encode(codec, "ignore")) is None


def test_utf_8_with_a_broken_byte_is_no_other_code_page() -> None:
    for text in ("同一个线程束访问同一地址会广播", "déjà vu, où ça coûte, à l’été", "память"):
        data = text.encode()
        assert recognise(data[:8] + b"\xff" + data[8:]) == "utf-8"
