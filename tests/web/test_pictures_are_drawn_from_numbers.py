"""The ridge: where its dots lie, and that its line never leaves the picture. A code: what is dark in it."""

from __future__ import annotations

import re

import segno
from hypothesis import given
from hypothesis import strategies as st

from missionare.web.pictures.codes import QUIET, qr_code
from missionare.web.pictures.places import PLACES, SOMEWHERE, place_in
from missionare.web.pictures.ridge import HEIGHT, WIDTH, draw, positions, smooth, valley


def test_up_to_three_stops_stand_on_the_grid_of_their_labels_and_more_divide_it_evenly() -> None:
    assert positions(1) == [70]
    assert positions(3) == [70, 380, 690]
    assert positions(4) == [70, 302, 535, 768]


def test_a_higher_place_lies_higher_in_the_picture() -> None:
    assert valley(place_in("Finnentrop")) > valley(place_in("Kreuztal")) > valley(place_in("Erndtebrück"))


def test_a_place_is_found_in_where_people_meet_and_elsewhere_is_the_middle() -> None:
    assert place_in("57223 Kreuztal, Tor 2").name == "Kreuztal"
    assert place_in("Köln") is SOMEWHERE


def test_the_same_journey_always_looks_the_same_and_another_does_not() -> None:
    kreuztal, attendorn, olpe = place_in("Kreuztal"), place_in("Attendorn"), place_in("Olpe")

    assert draw([kreuztal, attendorn]) == draw([kreuztal, attendorn])
    assert draw([kreuztal, attendorn]).wire != draw([kreuztal, olpe]).wire


@given(st.lists(st.sampled_from([*PLACES, SOMEWHERE]), max_size=8))
def test_every_line_runs_from_left_to_right_within_the_picture(places: list) -> None:
    ridge = draw(places)

    for path in (ridge.wire, ridge.far):
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path.partition("V")[0])]
        across, down = numbers[::2], numbers[1::2]
        assert across == sorted(across)
        assert (across[0], across[-1]) == (0, WIDTH)
        assert all(0 <= y <= HEIGHT for y in down)
    assert len(ridge.dots) == len(places)


@given(st.lists(st.floats(0, 200), min_size=2, max_size=12))
def test_the_curve_never_overshoots_its_points(heights: list[float]) -> None:
    path = smooth([(number * 50.0, height) for number, height in enumerate(heights)])

    down = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", path)][1::2]
    assert min(down) >= min(heights) - 0.1
    assert max(down) <= max(heights) + 0.1


@given(st.text(st.characters(codec="ascii"), min_size=1, max_size=200))
def test_a_code_is_dark_where_its_address_says_and_light_around_it(address: str) -> None:
    drawn = qr_code(address)

    dark = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", drawn.path):
        dark |= {(int(x) + step, int(y)) for step in range(int(width))}
    made = [list(row) for row in segno.make_qr(address, error="m").matrix_iter(border=QUIET)]
    assert drawn.side == len(made)
    assert dark == {(x, y) for y, row in enumerate(made) for x, on in enumerate(row) if on}
