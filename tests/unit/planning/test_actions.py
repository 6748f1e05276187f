"""What an action holds, who may have one at a time, and which revision it is put down to (DESIGN §5, rules 7 to 11)."""

from __future__ import annotations

from typing import Any

from gitsidecar.model import histories, plans, pods, sidecarsets
from tests.unit.planning import builders


def test_an_action_is_one_patch_with_all_marks() -> None:
    """It changes just the images that differ, and keeps the marks of other sets."""
    other = builders.mark("proxy:1", name="aaa")
    found = builders.pod(1, marks=(builders.mark(), other), live={"index": 4})
    [action] = builders.plan_set(builders.sidecar_set(), [found]).actions
    assert action.changes == (plans.ImageChange("logtail", 4, False, builders.OLD, builders.NEW),)
    move = pods.Move(builders.NOW, (("logtail", "id-1"),), was_ready=True, is_heal=False)
    ours = pods.Mark("logtail", f"v1-{builders.NEW}", builders.SHAPE, builders.REVISION, ("logtail",), move)
    assert action.marks == (other, ours)


def test_native_and_ordinary_sidecars_move_together() -> None:
    """Rule 7: both kinds change in one patch; one that has its image already is left out."""
    wanted = builders.sidecar_set(
        sidecars=(
            sidecarsets.Sidecar("proxy", "proxy:2", is_native=True),
            sidecarsets.Sidecar("logtail", builders.NEW),
            sidecarsets.Sidecar("agent", "agent:1"),
        )
    )
    found = builders.pod(
        1,
        containers=(
            builders.container("proxy", "proxy:1", index=0, is_native=True, container_id="p"),
            builders.container("logtail", container_id="l"),
            builders.container("agent", "agent:1"),
        ),
    )
    [action] = builders.plan_set(wanted, [found]).actions
    assert [(change.container, change.index, change.is_native) for change in action.changes] == [
        ("proxy", 0, True),
        ("logtail", 1, False),
    ]
    [mark] = action.marks
    assert mark.containers == ("agent", "logtail", "proxy")
    assert mark.move is not None
    assert mark.move.origin == (("logtail", "l"), ("proxy", "p"))


def test_a_second_move_remembers_containers_still_on_their_way() -> None:
    """The first move's container that has not restarted is waited for after a second move of another container."""
    wanted = builders.sidecar_set(
        sidecars=(sidecarsets.Sidecar("logtail", builders.NEW), sidecarsets.Sidecar("agent", "agent:2"))
    )
    first = pods.Move(builders.LONG_AGO, (("agent", "a-0"), ("logtail", "l-0")))
    found = builders.pod(
        1,
        ready=False,
        containers=(
            builders.container("agent", "agent:2", container_id="a-0", is_ready=False),
            builders.container("logtail", "logtail:bad", container_id="l-1", is_ready=False),
        ),
        marks=(builders.mark("logtail:bad", move=first),),
    )
    [action] = builders.plan_set(wanted, [found]).actions
    move = action.marks[0].move
    assert move is not None
    assert move.origin == (("agent", "a-0"), ("logtail", "l-1"))


def test_a_set_waits_for_another_that_has_the_pod_in_flight() -> None:
    """Rule 8: the hold names the other set."""
    flying = builders.mark("proxy:2", name="proxy", move=builders.moved("proxy", "p-0"))
    found = builders.pod(
        1,
        marks=(builders.mark(), flying),
        containers=(builders.container(), builders.container("proxy", "proxy:2", container_id="p-0", is_ready=False)),
    )
    proxy = builders.sidecar_set("proxy:2", name="proxy")
    logtail, _ = builders.plan_sets([builders.sidecar_set(), proxy], [found]).sets
    [hold] = logtail.holds
    assert (hold.reason.value, "SidecarSet proxy" in hold.message) == ("PodBusy", True)


def test_two_sets_do_not_move_a_pod_in_one_plan() -> None:
    """Rule 8: the first by name has the pod, the second waits and says for whom, and takes another pod."""
    both = (builders.container(), builders.container("agent", "agent:1"))
    marks = (builders.mark("agent:1", name="agent"), builders.mark())
    found = [builders.pod(n, containers=both, marks=marks) for n in range(2)]
    sets = [builders.sidecar_set(), builders.sidecar_set("agent:2", name="agent")]
    agent, logtail = builders.plan_sets(sets, found).sets
    assert (builders.moves(agent), builders.moves(logtail)) == (["1"], ["0"])
    assert builders.reasons(logtail) == {"1": "PodBusy"}
    assert "SidecarSet agent moves the pod in this pass" in logtail.holds[0].message


def test_a_set_that_was_removed_holds_nobody_up() -> None:
    """Nothing will finish its move any more, so others do not wait for it."""
    flying = builders.mark("proxy:2", name="proxy", move=builders.moved("proxy", "p-0"))
    stuck = builders.container("proxy", "proxy:2", container_id="p-0", is_ready=False)
    found = builders.pod(1, marks=(builders.mark(), flying), containers=(builders.container(), stuck))
    assert builders.moves(builders.plan_set(builders.sidecar_set(), [found])) == ["1"]


def test_sets_that_are_both_in_flight_do_not_wait_for_each_other() -> None:
    """A fix may go to a pod that is in flight for us, whatever another set does there: or both would wait for ever."""
    marks = tuple(
        builders.mark(f"{name}:1", name=name, move=builders.moved(name, f"{name}-0")) for name in ("agent", "logtail")
    )
    containers = tuple(
        builders.container(name, f"{name}:1", container_id="x", is_ready=False) for name in ("agent", "logtail")
    )
    found = builders.pod(1, ready=False, marks=marks, containers=containers)
    sets = [builders.sidecar_set("agent:1", name="agent"), builders.sidecar_set("logtail:2")]
    _, logtail = builders.plan_sets(sets, [found]).sets
    assert builders.moves(logtail) == ["1"]


def test_a_rewritten_image_is_healed_once() -> None:
    """Rule 11: the mark has the latest spec and the image is another: one more move, noted as a heal."""
    drifted = builders.pod(1, "logtail:hand", marks=(builders.mark(builders.NEW, move=builders.moved()),))
    [action] = builders.plan_set(builders.sidecar_set(), [drifted]).actions
    move = action.marks[0].move
    assert move is not None
    assert move.is_heal


def test_a_second_rewriting_is_held() -> None:
    """Rule 11: after the heal the pod is left alone, and the message shows both images."""
    healed = builders.mark(builders.NEW, move=builders.moved(heal=True))
    [hold] = builders.plan_set(builders.sidecar_set(), [builders.pod(1, "logtail:hand", marks=(healed,))]).holds
    assert hold.reason is plans.HoldReason.IMAGE_REWRITTEN
    assert f"logtail is logtail:hand, not {builders.NEW}" in hold.message


def test_a_new_spec_ends_the_hold_of_a_rewritten_image() -> None:
    """Rule 11: the one heal is per spec; the next spec is an ordinary move."""
    healed = builders.mark(builders.NEW, move=builders.moved(heal=True))
    [action] = builders.plan_set(
        builders.sidecar_set("logtail:3"), [builders.pod(1, "logtail:hand", marks=(healed,))]
    ).actions
    move = action.marks[0].move
    assert move is not None
    assert not move.is_heal


def test_a_heal_obeys_the_budget() -> None:
    """Rule 11: a person who sets all images by hand does not make us take all pods down at once."""
    marks = (builders.mark(builders.NEW, move=builders.moved()),)
    found = [builders.pod(n, "logtail:hand", marks=marks) for n in range(5)]
    assert len(builders.plan_set(builders.sidecar_set(max_unavailable=2), found).actions) == 2


def test_a_pod_that_has_the_images_is_not_written_to_for_its_mark() -> None:
    """The mark names an earlier spec, the images are the latest: updated, no write."""
    found = builders.pod(1, builders.NEW, marks=(builders.mark(builders.OLD),))
    planned = builders.plan_set(builders.sidecar_set(), [found])
    assert planned.updated == (found,)
    assert not planned.actions


def _history(image: str, **fields: Any) -> histories.History:
    accepted = builders.sidecar_set(image, **fields)
    return histories.History({"logtail": histories.SetHistory(accepted, generation=7, commit="before")})


def test_a_new_set_begins_its_generations() -> None:
    """Without a history the generation is 1 and the commit is this revision."""
    planned = builders.plan_set(builders.sidecar_set(), [])
    assert (planned.generation, planned.commit) == (1, builders.REVISION)


def test_an_unchanged_manifest_keeps_generation_and_commit() -> None:
    """Another commit of the repository that leaves the set alone changes neither."""
    planned = builders.plan_set(builders.sidecar_set(), [], history=_history(builders.NEW))
    assert (planned.generation, planned.commit) == (7, "before")


def test_a_change_beside_the_spec_keeps_the_commit() -> None:
    """A new partition is a new generation; the revision that brought the spec stays."""
    history = _history(builders.NEW, document='{"partition":1}')
    planned = builders.plan_set(builders.sidecar_set(), [], history=history)
    assert (planned.generation, planned.commit) == (8, "before")


def test_a_new_spec_takes_this_revision() -> None:
    """A new image is a new generation, brought by this revision."""
    planned = builders.plan_set(builders.sidecar_set(), [], history=_history(builders.OLD))
    assert (planned.generation, planned.commit) == (8, builders.REVISION)


def test_a_refused_manifest_keeps_the_history_s_commit() -> None:
    """The last good form was brought by an earlier revision, and no mark may say otherwise."""
    planned = builders.plan_set(builders.sidecar_set(rejection="no"), [], history=_history(builders.NEW))
    assert (planned.generation, planned.commit) == (7, "before")
