"""Pairs of schools that the register does not link although they look like one school under two URNs.

Proposals for a person to rule on: none counts until then. Measured on the register of May 2025 with the links of
April: about fifty of 24,525 closed schools, half of them academies so new that no link tells of them yet.
"""

from __future__ import annotations

import datetime as dt

from schools.kinds import STATE_FUNDED_GROUPS, STATE_FUNDED_TYPES

# Nobody took part in Teaching for Mastery before: what closed earlier has nothing to pass on.
SINCE = dt.date(2014, 1, 1)
# Of a school that closes and one that opens on the same site for it.
NEAR_DAYS = 60
# Likeness of names between 0 and 1, by trigrams: at the same postcode, and anywhere in the authority.
SAME_PLACE = 0.4
SAME_NAME = 0.6
MOST = 3

# By itself, and counted: the few hundred of them are then compared with the register, and not the other way round.
_WITHOUT_SUCCESSOR = """
    CREATE TEMPORARY TABLE unlinked ON COMMIT DROP AS
    SELECT urn, postcode, closed_on, schools_fold(name) AS name FROM schools_school
    WHERE status = %(closed)s AND (closed_on >= %(since)s OR closed_on IS NULL)
        AND urn < %(first_added)s AND postcode <> ''
        AND (type_group_code = ANY (%(state_funded_groups)s) OR type_code = ANY (%(state_funded_types)s))
        AND NOT EXISTS (
            SELECT FROM pairs LEFT JOIN ruled USING (predecessor, successor)
            WHERE predecessor = urn AND same_school IS NOT false
        );
    CREATE INDEX ON unlinked (postcode);
    ANALYZE unlinked
"""

# A closed state-funded school to which the register gives no successor, and an open one at its postcode. What is
# linked or was ruled out takes none of the few places.
_AT_THE_PLACE = """
    INSERT INTO pairs
    WITH alike AS (
        SELECT unlinked.urn AS predecessor, later.urn AS successor,
            row_number() OVER (PARTITION BY unlinked.urn ORDER BY likeness DESC, later.urn) AS place
        FROM unlinked
        JOIN schools_school later USING (postcode)
        CROSS JOIN similarity(unlinked.name, schools_fold(later.name)) AS likeness
        WHERE later.status = ANY (%(open)s) AND later.urn < %(first_added)s
            AND (type_group_code = ANY (%(state_funded_groups)s) OR type_code = ANY (%(state_funded_types)s))
            AND (likeness >= %(same_place)s OR abs(later.opened_on - unlinked.closed_on) <= %(near_days)s)
            AND NOT EXISTS (SELECT FROM pairs WHERE (predecessor, successor) = (unlinked.urn, later.urn))
            AND NOT EXISTS (SELECT FROM pairs WHERE (predecessor, successor) = (later.urn, unlinked.urn))
    )
    SELECT predecessor, successor, 1, NULL, 'likely' FROM alike WHERE place <= %(most)s
"""

# A school that a hub added because the register did not know it, and one that the register has by now.
_FOR_A_STAND_IN = """
    INSERT INTO pairs
    WITH alike AS (
        SELECT stand_in.urn AS predecessor, later.urn AS successor,
            row_number() OVER (
                PARTITION BY stand_in.urn
                ORDER BY later.postcode = stand_in.postcode DESC, likeness DESC, later.urn
            ) AS place
        FROM schools_school stand_in
        JOIN schools_school later USING (authority_id)
        CROSS JOIN similarity(schools_fold(stand_in.name), schools_fold(later.name)) AS likeness
        WHERE stand_in.urn >= %(first_added)s AND stand_in.status = ANY (%(usable)s)
            AND later.urn < %(first_added)s AND later.status = ANY (%(usable)s)
            AND (likeness >= %(same_name)s OR later.postcode = stand_in.postcode AND later.postcode <> '')
            AND NOT EXISTS (SELECT FROM pairs WHERE (predecessor, successor) = (stand_in.urn, later.urn))
            AND NOT EXISTS (SELECT FROM pairs WHERE (predecessor, successor) = (later.urn, stand_in.urn))
    )
    SELECT predecessor, successor, 1, NULL, 'likely' FROM alike WHERE place <= %(most)s
"""

PARAMETERS = {
    "since": SINCE,
    "near_days": NEAR_DAYS,
    "same_place": SAME_PLACE,
    "same_name": SAME_NAME,
    "most": MOST,
    "state_funded_groups": list(STATE_FUNDED_GROUPS),
    "state_funded_types": list(STATE_FUNDED_TYPES),
}
STATEMENTS = (_WITHOUT_SUCCESSOR, _AT_THE_PLACE, _FOR_A_STAND_IN)
