"""What a document links to inside the project is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)|src=\"([^\"]+)\"")


@pytest.mark.parametrize("document", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_each_link_inside_the_project_leads_somewhere(document):
    targets = [first or second for first, second in LINK.findall(document.read_text())]

    broken = [each for each in targets if "://" not in each and not (document.parent / each).exists()]

    assert broken == []
