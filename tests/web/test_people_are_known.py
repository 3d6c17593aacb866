"""Who looks at a page: a token of the issuer says so, and it is good at the services that it names."""

from __future__ import annotations

from web.region import Region


async def test_whoever_is_signed_in_is_offered_their_own_pages(region: Region) -> None:
    ada = region.signed_in("ada")

    mine, anybodys = await ada.look("/"), await region.browser.look("/")

    assert "Mein Bereich" in mine.links
    assert "Anmelden" not in mine.links
    assert "Mein Bereich" not in anybodys.links
