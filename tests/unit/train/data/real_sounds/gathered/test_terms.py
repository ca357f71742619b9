"""Who made a file, on which terms, and whether weights that are given away may learn from it."""

from collections import Counter

import pytest

from train.data.real_sounds.gathered.debian_copyright import author_of, read_copyright, terms_of
from train.data.real_sounds.gathered.licences import NON_COMMERCIAL, SHARE_ALIKE, UNCLEAR, YES, may_train
from train.data.real_sounds.gathered.repositories import REPOSITORIES
from train.data.real_sounds.teaching_recordings import KINDS_OF_TEACHING

COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: game

Files: *
Copyright: 2011-2021 The Team <team@example.org>
License: GPL-2+
 This program is free software

Files: music/*
 sounds/horn.ogg
Copyright: 2013, Ann Other (http://example.org)
           2014      Some One <one@example.org>
License: CC-BY-3.0

Files: music/last.ogg
Copyright: Third
License: CC-BY-SA-3.0

License: CC-BY-3.0
 You are free
"""


def test_the_last_paragraph_that_fits_a_file_says_its_terms():
    paragraphs = read_copyright(COPYRIGHT)
    named = {
        path: terms_of(path, paragraphs)
        for path in ("src/main.c", "music/deep/first.ogg", "music/last.ogg", "sounds/horn.ogg")
    }
    assert [terms.licence for terms in named.values()] == ["GPL-2+", "CC-BY-3.0", "CC-BY-SA-3.0", "CC-BY-3.0"]
    assert named["sounds/horn.ogg"].author == "Ann Other, Some One"


def test_a_copyright_file_no_machine_can_read_says_nothing():
    assert read_copyright("This package was debianized by someone.\n\nCopyright: everybody\n") == []


@pytest.mark.parametrize(
    ("field", "author"),
    [
        ("2003-2010, Allison Smith", "Allison Smith"),
        ("Copyright (c) 2010, Garrick Chin", "Garrick Chin"),
        ("2009 A\n2010 B\n2011 C\n2012 D", "A, B, C and others"),
        ("", ""),
    ],
)
def test_authors_come_without_years_and_addresses(field, author):
    assert author_of(field) == author


@pytest.mark.parametrize(
    ("licence", "verdict"),
    [
        ("CC0-1.0", YES),
        ("CC0", YES),
        ("CC-BY-4.0", YES),
        ("CC-BY-3.0", YES),
        ("Expat", YES),
        ("BSD-2-Clause", YES),
        ("BSD-3-clause", YES),
        ("public-domain", YES),
        ("Apache-2.0", YES),
        ("GPL-3 or CC-BY-3.0", YES),
        ("CC0-1.0 and CC-BY-3.0", YES),
        ("CC-BY-SA-3.0", SHARE_ALIKE),
        ("CC-SA-BY-3.0", SHARE_ALIKE),
        ("GPL-2+", SHARE_ALIKE),
        ("GPL-2.0-or-later", SHARE_ALIKE),
        ("LGPL-2.1", SHARE_ALIKE),
        ("Free-Art-License-1.2", SHARE_ALIKE),
        ("CC-BY-3.0 and GPL-2", SHARE_ALIKE),
        ("CC-BY-NC-3.0", NON_COMMERCIAL),
        ("CC-BY-NC-SA-2.5", NON_COMMERCIAL),
        ("Drascula-License", UNCLEAR),
        ("", UNCLEAR),
    ],
)
def test_only_what_asks_for_no_more_than_a_name_may_teach(licence, verdict):
    assert may_train(licence) == verdict


def test_whatever_is_taken_from_repositories_may_teach_and_names_its_maker():
    kinds: Counter[str] = Counter()
    for repository in REPOSITORIES:
        assert repository.origin.startswith("GitHub ")
        for taken in repository.taken:
            assert taken.stated is not None
            assert may_train(taken.stated.terms.licence) == YES
            author = taken.stated.terms.author
            assert author != "freesound " and ("freesound " in author) != (" of " in author or "(" in author)
            assert taken.kind == "murmur" or (taken.kind, taken.what) in KINDS_OF_TEACHING
            kinds[taken.kind] += 1
    assert (kinds["stand"], kinds["murmur"]) == (17, 8)
