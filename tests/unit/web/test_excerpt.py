from coordination.web.excerpt import LONGEST_TEXT, MOST_ENTRIES, MOST_IN_ALL, excerpt


def test_what_is_small_stays_as_it_is():
    value = {"a": [1, None, True, "text"], "b": {"c": 2.5}}
    assert excerpt(value) == value


def test_of_a_long_list_the_beginning_is_left_and_how_much_is_missing():
    assert excerpt(list(range(MOST_ENTRIES + 7)))[-2:] == [MOST_ENTRIES - 1, "… 7 entries more"]


def test_of_a_large_object_and_a_long_text_too():
    large = excerpt({f"n{number}": number for number in range(MOST_ENTRIES + 1)})
    assert large["…"] == "… 1 entry more"
    assert excerpt("x" * (LONGEST_TEXT + 10)).endswith("x… 10 characters more")


def test_nested_lists_do_not_multiply():
    nested = [[list(range(100)) for _ in range(100)] for _ in range(100)]

    def count(value):
        return 1 + sum(map(count, value)) if isinstance(value, list) else 1

    assert count(excerpt(nested)) < 2 * MOST_IN_ALL
