"""What the tags of policies point at, in our own words; a tag says that a rule supports a part of it, not more.

Sources: Regulation (EU) 2024/1689; NIST AI 100-1, tables 1 to 4; ISO/IEC 42001:2023, annex A; OWASP Top 10 for Agentic
Applications 2026.
"""

from collections.abc import Mapping
from typing import Final

FRAMEWORKS: Final[Mapping[str, str]] = {
    "EU AI Act": "Regulation (EU) 2024/1689",
    "NIST": "NIST AI Risk Management Framework 1.0",
    "ISO 42001": "ISO/IEC 42001:2023, annex A",
    "OWASP": "OWASP Top 10 for Agentic Applications 2026",
}
TAGS: Final[Mapping[str, str]] = {
    "EU AI Act 9": "Risks are found, judged and held down for as long as the system is used.",
    "EU AI Act 13": "Whoever uses the system can tell what its results are worth.",
    "EU AI Act 14": "People can watch the system, see what it means to do, overrule it and stop it.",
    "EU AI Act 15": "The system is accurate, withstands errors and loops, and resists those who would misuse it.",
    "EU AI Act 17": "Changes of the system follow a procedure.",
    "EU AI Act 26": "Whoever uses the system does so as it is meant, with people who watch over it and can suspend it.",
    "NIST GOVERN 3.2": "It is said who does what where people and AI work together, and who oversees it.",
    "NIST GOVERN 6.1": "Risks that come with other organizations are dealt with by rules.",
    "NIST MAP 3.3": "It is said for what the system is used, and for what it is not.",
    "NIST MAP 3.5": "It is said how people oversee the system.",
    "NIST MEASURE 2.10": "What the system may do to people's privacy is known.",
    "NIST MEASURE 2.4": "What the system does in production is watched.",
    "NIST MEASURE 2.6": "The system is safe and fails safely, also beyond what it knows.",
    "NIST MEASURE 2.7": "The system is secure and resilient.",
    "NIST MEASURE 3.1": "Risks that show only in use are found and followed.",
    "NIST MANAGE 1.3": "There is an answer to each of the greatest risks.",
    "NIST MANAGE 2.3": "There is a procedure for what nobody expected.",
    "NIST MANAGE 2.4": "A system that does not do what it should can be overruled or switched off.",
    "NIST MANAGE 3.1": "What other organizations bring in is watched and held to rules.",
    "NIST MANAGE 4.1": "After release the system is watched, and changes of it are managed.",
    "ISO 42001 A.3.2": "Roles and responsibilities for AI are laid down.",
    "ISO 42001 A.6.2.5": "There is a plan for bringing a system or a version of it into use.",
    "ISO 42001 A.6.2.6": "A system in operation is watched and looked after.",
    "ISO 42001 A.9.2": "There are processes for the responsible use of AI.",
    "ISO 42001 A.9.4": "A system is used for what it is intended for.",
    "ISO 42001 A.10.2": "It is said who answers for what between organizations.",
    "OWASP ASI01": "Somebody else's words replace the goal of the agent.",
    "OWASP ASI02": "An agent uses a tool that it may use in a way that does harm.",
    "OWASP ASI03": "An agent acts with rights that it should not have.",
    "OWASP ASI05": "An agent runs code that nobody meant to run.",
    "OWASP ASI06": "What an agent remembers or looks up was poisoned.",
    "OWASP ASI07": "Messages between agents are read, forged or pass on too much.",
    "OWASP ASI08": "One mistake is passed on and grows.",
    "OWASP ASI09": "People trust what an agent says more than they should.",
    "OWASP ASI10": "An agent no longer does what it was made for.",
}
