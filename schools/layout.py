"""The layout of the register's file: which columns it has and what we read from them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache


class Unreadable(ValueError):
    """A value the register cannot mean; the message completes "<column> ..."."""


Parse = Callable[[str], str | None]
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
_DATE = re.compile(r"(\d\d)-(\d\d)-(\d{4})")


def text(longest: int) -> Parse:
    """Words of at most `longest` characters; none is an empty text."""

    def parse(value: str) -> str:
        value = value.strip()
        if len(value) > longest:
            raise Unreadable(f"is longer than {longest} characters")
        return value

    return parse


def code(digits: int) -> Parse:
    """Exactly so many digits, leading zeros kept; none is an empty text."""

    def parse(value: str) -> str:
        value = value.strip()
        if value and not (len(value) == digits and value.isascii() and value.isdigit()):
            raise Unreadable(f"is not a number of {digits} digits: {value[:20]!r}")
        return value

    return parse


def whole(most: int) -> Parse:
    """A whole number from 0 to `most`."""

    def parse(value: str) -> str | None:
        value = value.strip()
        if not value:
            return None
        if not (len(value) <= 10 and value.isascii() and value.isdigit() and int(value) <= most):
            raise Unreadable(f"is not a whole number up to {most}: {value[:20]!r}")
        return value

    return parse


@lru_cache(maxsize=2000)
def percentage(value: str) -> str | None:
    """A number from 0 to 100, rounded to one decimal place."""
    value = value.strip()
    if not value:
        return None
    if not re.fullmatch(r"\d{1,3}(\.\d{1,6})?", value, re.ASCII) or float(value) > 100:
        raise Unreadable(f"is not a percentage: {value[:20]!r}")
    return f"{float(value):.1f}"


@lru_cache(maxsize=20_000)
def day(value: str) -> str | None:
    """A day written dd-mm-yyyy."""
    value = value.strip()
    if not value:
        return None
    match = _DATE.fullmatch(value)
    if not match:
        raise Unreadable(f"is not a date like 31-08-2024: {value[:20]!r}")
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1])).isoformat()
    except ValueError:
        raise Unreadable(f"is not a day of the calendar: {value!r}") from None


def postcode(value: str) -> str:
    """A postcode with capitals and its one space; what is no postcode stays as it is."""
    value = value.strip().upper()
    if len(value) > 10:
        raise Unreadable("is longer than 10 characters")
    match = _POSTCODE.fullmatch(value.replace(" ", ""))
    return f"{match[1]} {match[2]}" if match else value


@dataclass(frozen=True)
class Column:
    """A column we read, the field it fills and how. A required one must stand in every file and row.

    Those not `of_school` describe its authority, should it be one we do not know yet.
    """

    header: str
    field: str
    parse: Parse
    required: bool = False
    of_school: bool = True


READ = (
    Column("URN", "urn", whole(2_147_483_647), required=True),
    Column("LA (code)", "authority_id", code(3), required=True),
    Column("LA (name)", "authority_name", text(100), required=True, of_school=False),
    Column("GOR (name)", "region", text(50), of_school=False),
    Column("EstablishmentName", "name", text(200), required=True),
    Column("EstablishmentNumber", "establishment_number", code(4)),
    Column("EstablishmentStatus (code)", "status", whole(9), required=True),
    Column("TypeOfEstablishment (code)", "type_code", whole(999), required=True),
    Column("TypeOfEstablishment (name)", "type_name", text(100)),
    Column("EstablishmentTypeGroup (code)", "type_group_code", whole(999)),
    Column("EstablishmentTypeGroup (name)", "type_group_name", text(100)),
    Column("PhaseOfEducation (name)", "phase", text(50)),
    Column("StatutoryLowAge", "low_age", whole(120)),
    Column("StatutoryHighAge", "high_age", whole(120)),
    Column("Street", "street", text(120)),
    Column("Locality", "locality", text(120)),
    Column("Address3", "address3", text(120)),
    Column("Town", "town", text(80)),
    Column("County (name)", "county", text(80)),
    Column("Postcode", "postcode", postcode),
    Column("SchoolWebsite", "website", text(200)),
    Column("TelephoneNum", "telephone", text(30)),
    Column("Trusts (code)", "trust_code", text(10)),
    Column("Trusts (name)", "trust_name", text(150)),
    Column("NumberOfPupils", "pupils", whole(99_999)),
    Column("PercentageFSM", "percent_fsm", percentage),
    Column("Easting", "easting", whole(999_999)),
    Column("Northing", "northing", whole(9_999_999)),
    Column("OpenDate", "opened_on", day),
    Column("CloseDate", "closed_on", day),
)

# The whole layout as of 2025. Columns come and go, so reading goes by name; this list is for writing.
COLUMNS = (
    "URN",
    "LA (code)",
    "LA (name)",
    "EstablishmentNumber",
    "EstablishmentName",
    "TypeOfEstablishment (code)",
    "TypeOfEstablishment (name)",
    "EstablishmentTypeGroup (code)",
    "EstablishmentTypeGroup (name)",
    "EstablishmentStatus (code)",
    "EstablishmentStatus (name)",
    "ReasonEstablishmentOpened (code)",
    "ReasonEstablishmentOpened (name)",
    "OpenDate",
    "ReasonEstablishmentClosed (code)",
    "ReasonEstablishmentClosed (name)",
    "CloseDate",
    "PhaseOfEducation (code)",
    "PhaseOfEducation (name)",
    "StatutoryLowAge",
    "StatutoryHighAge",
    "Boarders (code)",
    "Boarders (name)",
    "NurseryProvision (name)",
    "OfficialSixthForm (code)",
    "OfficialSixthForm (name)",
    "Gender (code)",
    "Gender (name)",
    "ReligiousCharacter (code)",
    "ReligiousCharacter (name)",
    "ReligiousEthos (name)",
    "Diocese (code)",
    "Diocese (name)",
    "AdmissionsPolicy (code)",
    "AdmissionsPolicy (name)",
    "SchoolCapacity",
    "SpecialClasses (code)",
    "SpecialClasses (name)",
    "CensusDate",
    "NumberOfPupils",
    "NumberOfBoys",
    "NumberOfGirls",
    "PercentageFSM",
    "TrustSchoolFlag (code)",
    "TrustSchoolFlag (name)",
    "Trusts (code)",
    "Trusts (name)",
    "SchoolSponsorFlag (name)",
    "SchoolSponsors (name)",
    "FederationFlag (name)",
    "Federations (code)",
    "Federations (name)",
    "UKPRN",
    "FEHEIdentifier",
    "FurtherEducationType (name)",
    "OfstedLastInsp",
    "OfstedSpecialMeasures (code)",
    "OfstedSpecialMeasures (name)",
    "LastChangedDate",
    "Street",
    "Locality",
    "Address3",
    "Town",
    "County (name)",
    "Postcode",
    "SchoolWebsite",
    "TelephoneNum",
    "HeadTitle (name)",
    "HeadFirstName",
    "HeadLastName",
    "HeadPreferredJobTitle",
    "BSOInspectorateName (name)",
    "InspectorateReport",
    "DateOfLastInspectionVisit",
    "NextInspectionVisit",
    "TeenMoth (name)",
    "TeenMothPlaces",
    "CCF (name)",
    "SENPRU (name)",
    "EBD (name)",
    "PlacesPRU",
    "FTProv (name)",
    "EdByOther (name)",
    "Section41Approved (name)",
    "SEN1 (name)",
    "SEN2 (name)",
    "SEN3 (name)",
    "SEN4 (name)",
    "SEN5 (name)",
    "SEN6 (name)",
    "SEN7 (name)",
    "SEN8 (name)",
    "SEN9 (name)",
    "SEN10 (name)",
    "SEN11 (name)",
    "SEN12 (name)",
    "SEN13 (name)",
    "TypeOfResourcedProvision (name)",
    "ResourcedProvisionOnRoll",
    "ResourcedProvisionCapacity",
    "SenUnitOnRoll",
    "SenUnitCapacity",
    "GOR (code)",
    "GOR (name)",
    "DistrictAdministrative (code)",
    "DistrictAdministrative (name)",
    "AdministrativeWard (code)",
    "AdministrativeWard (name)",
    "ParliamentaryConstituency (code)",
    "ParliamentaryConstituency (name)",
    "UrbanRural (code)",
    "UrbanRural (name)",
    "GSSLACode (name)",
    "Easting",
    "Northing",
    "MSOA (name)",
    "LSOA (name)",
    "InspectorateName (name)",
    "SENStat",
    "SENNoStat",
    "BoardingEstablishment (name)",
    "PropsName",
    "PreviousLA (code)",
    "PreviousLA (name)",
    "PreviousEstablishmentNumber",
    "OfstedRating (name)",
    "RSCRegion (name)",
    "Country (name)",
    "UPRN",
    "SiteName",
    "QABName (code)",
    "QABName (name)",
    "EstablishmentAccredited (code)",
    "EstablishmentAccredited (name)",
    "QABReport",
    "CHNumber",
    "MSOA (code)",
    "LSOA (code)",
    "FSM",
    "AccreditationExpiryDate",
)
