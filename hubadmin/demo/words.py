"""What the demo's people have written. All of it is invented."""

from __future__ import annotations

PLACES = ("Ashby", "Castle Hill", "Riverside", "Moorgate", "Harbour", "Weald", "North Downs")
TURNED_DOWN = (
    "Our maths lead has left, and we want to settle the new one in first. Please ask us again next year.",
    "We are joining the work of our trust instead.",
)
LEFT = "The new headteacher has asked to pause the work while the school is being inspected."
WITHHELD = "The school has not released its teachers for the first two meetings. We talk again in spring."
AGENDAS = (
    "Welcome and the year ahead\nObserved lesson: number lines in Year 3\nDiscussion\nWhat we try before we meet again",
    "What we tried\nObserved lesson: part-whole models in Year 1\nDiscussion: small steps",
    "Observed lesson: multiplicative reasoning\nVariation in practice questions",
    "Observed lesson: fractions on a number line\nPlanning together",
    "What the pupils say\nObserved lesson: area models",
    "A look back, and what we take into the next year",
)
WRITE_UPS = (
    (
        "Year 3 compared numbers on an empty number line. The teacher asked “How do you know?” after every answer.",
        "We talked about how much was said by pupils, and how stem sentences helped those who rarely speak.",
        "Each school tries one stem sentence a week and brings what pupils wrote.",
    ),
    (
        "Year 1 built part-whole models with counters before they drew any.",
        "The steps were small enough for everybody, and two pupils could have gone further.",
        "Plan one lesson together in school, with a question that goes deeper.",
    ),
    (
        "Year 5 found what is the same and what is different in three calculations.",
        "We looked at the order of the practice questions: what changes, and what stays.",
        "Bring a page of practice from your own class.",
    ),
)
INTERNAL = (
    "",
    "",
    "The head did not come. Ring before the next visit.",
    "One of the two teachers is thinking of leaving in summer.",
)
VISITS = (
    (
        (
            "We saw two lessons and planned the next unit together. Pupils explain well in Year 2; in Year 4 the "
            "steps are still large. The new display of stem sentences is used every day."
        ),
        "Plan the fractions unit in smaller steps",
        "Watch each other’s lesson once before half-term",
    ),
    (
        (
            "We walked through five classes with the maths lead and talked about what mastery looks like here. "
            "The school has set aside a staff meeting each month."
        ),
        "Lead the staff meeting on representations",
    ),
    (
        (
            "We looked at books from three year groups and found a shared way of recording. "
            "The head wants to see it across the school by summer."
        ),
        "Agree one way of recording with all class teachers",
        "Ask two pupils of each class what they think of it",
    ),
)
IN_SCHOOL = (
    "Planned the next unit together",
    "Watched each other’s lessons",
    "Led a staff meeting on what the group is working on",
    "Worked with the teaching assistants on representations",
)
SPECIALIST_DAY = "Preparation and work with colleagues in her own school"
