"""What the pages' process reads from its environment."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from missionare.kit.settings import ProcessSettings

EXAMPLE: Final = "(Beispiel)"
"""Marks what an agency has not said about itself yet; the pages of a public body then say so."""


class WebSettings(ProcessSettings):
    """What every process needs, and what the pages say about the agency. No real person is a default."""

    site_name: str = Field("Digitalisierungs-Missionare", description="what the network is called on its pages")
    site_region: str = Field("Siegen-Wittgenstein und Olpe", description="the region, below the name")
    agency_name: str = Field("Regionalagentur (Beispiel)", description="who runs the network and answers for the pages")
    agency_street: str = Field("Musterweg 1 (Beispiel)", description="street and number")
    agency_town: str = Field("57072 Siegen", description="postal code and town")
    agency_telephone: str = Field("0271 000040", description="a number at which a person answers")
    host_contact: str = Field("", description="the person whom host companies call, by name, where there is one")
    agency_email: str = Field("agentur@missionare.example", description="an address that is read every working day")
    agency_hours: str = Field(
        "Montag bis Donnerstag 8 bis 16 Uhr, Freitag bis 13 Uhr", description="when the telephone is answered, German"
    )
    agency_hours_en: str = Field(
        "Monday to Thursday 8 am to 4 pm, Friday until 1 pm", description="when the telephone is answered, English"
    )
    agency_head: str = Field("(Beispiel) die Leitung der Agentur", description="who represents the agency in law")
    agency_supervisor: str = Field("", description="the supervising authority, where there is one")
    agency_tax_number: str = Field("", description="the VAT id (section 27a UStG), where there is one")
    privacy_contact: str = Field(
        "datenschutz@missionare.example", description="the address of the data protection officer"
    )
    funding_line: str = Field("", description="the sentence that a grant prescribes, shown at the foot of every page")
    sign_language_url: str = Field("", description="https://... of a page in German Sign Language, where there is one")
    service_seconds: float = Field(3.0, gt=0, le=30, description="a number of seconds to wait for a service")
