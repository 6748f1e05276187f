"""
Laws of every rollout, whatever happens: stories told by chance on the simulated cluster, through the real passes.

Each write is judged when it reaches the cluster (`courts`), each plan against the manifests and against a process that
would start now (`machines`), and at the end the world gets well and the rollout ends by itself.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from hypothesis import stateful
from hypothesis import strategies as st

from gitsidecar.simulation import apiservers
from tests.unit.laws import asks, machines, profiles, stories

FINAL = "log-service/logtail:final"
_MOST = 400  # passes until all pods are done


class Rollouts(stateful.RuleBasedStateMachine):
    """Tell a story, and see it end well."""

    def __init__(self) -> None:
        super().__init__()
        self.world: machines.World | None = None
        self.is_fine = True

    @stateful.initialize(
        seed=st.integers(0, 9),
        lags=st.booleans(),
        width=st.sampled_from((1, 20)),
        limit=st.sampled_from((1, 2, "50%", "100%")),
    )
    def begin(self, seed: int, lags: bool, width: int, limit: int | str) -> None:
        """Let six pods run on the old image, and push another one."""
        world = self.world = machines.World(seed, lags=lags, writes_in_flight=width)
        for image in (stories.BROKEN, stories.CRASHING):
            self._toggle(image)
        self._push(stories.Change("logtail", "limit", limit))
        self._run(world.work())
        self._push(stories.Change("logtail", "image", stories.IMAGES[1]))

    @stateful.rule(change=stories.changes, then=stories.passes)
    def push_set(self, change: stories.Change, then: stories.Passes) -> None:
        """Push one field of a set."""
        self._push(change)
        self._go_on(then)

    @stateful.rule(news=stories.news, then=stories.passes)
    def push_policy(self, news: stories.PolicyNews, then: stories.Passes) -> None:
        """Push a policy whose times are about now, or remove it."""
        world = self._world
        found = {key: each for key, each in world.asked.policies.items() if key != news.name}
        if news.terms is not None:
            found[news.name] = news.terms.policy(news.name, news.names, world.bench.clock.now())
        world.push(dataclasses.replace(world.asked, policies=found))
        self._go_on(then)

    @stateful.rule(
        image=st.sampled_from(stories.IMAGES[:3]),
        after=st.sampled_from((1, 1, 2, 3)),
        how=stories.cuts,
        change=stories.changes,
        then=stories.passes,
    )
    def cut_short(self, image: str, after: int, how: str, change: stories.Change, then: stories.Passes) -> None:
        """Let a pass that moves all pods be cut short: the process dies or is stopped, or a push comes in between."""
        self._hurry(image)
        self._run(self._world.work_cut_short(after, how, self._asked(change)))
        self._go_on(then)

    @stateful.rule(image=st.sampled_from(stories.IMAGES[:3]), then=stories.passes)
    def close(self, image: str, then: stories.Passes) -> None:
        """Let a window close in the midst of a pass that would move all pods."""
        world = self._world
        window = asks.Window("Allow", world.bench.clock.now() - datetime.timedelta(minutes=1), 2)
        self._hurry(image)
        policies = {**world.asked.policies, "brink": asks.Policy("brink", windows=(window,))}
        world.push(dataclasses.replace(world.asked, policies=policies))
        world.bench.wait((window.end - world.bench.clock.now()).total_seconds() - 0.1)
        self._run(world.work())
        self._go_on(then)
        world.push(dataclasses.replace(world.asked, policies={**policies, "brink": asks.Policy("brink", pace=9)}))

    @stateful.rule(is_other=st.booleans(), then=stories.passes)
    def go_on(self, is_other: bool, then: stories.Passes) -> None:
        """Go on in the same process, or let another one take over."""
        if is_other:
            self._world.bench.restarted()
        self._go_on(then)

    @stateful.rule(deed=stories.deeds, number=st.integers(0, 11), then=stories.passes)
    def live(self, deed: str, number: int, then: stories.Passes) -> None:
        """Let something happen to the pods; where the watch lags, nothing that gets well by itself."""
        if not self._world.lag or deed in stories.CALM:
            self._live(deed, number)
        self._go_on(then)

    @stateful.rule(trouble=stories.troubles, then=stories.passes)
    def fail(self, trouble: apiservers.Faults | tuple[str, float], then: stories.Passes) -> None:
        """Let the API server fail by chance, hold off writes or restart, or let the watch be lost."""
        cluster = self._world.bench.cluster
        if isinstance(trouble, apiservers.Faults):
            self._world.trouble(trouble)
        elif trouble[0] == "throttle":
            cluster.throttle(trouble[1], writes=2)
        elif trouble[0] == "restart":
            cluster.restart(trouble[1])
        elif self._world.lag:
            cluster.expire(trouble[1])
        self._go_on(then)

    @stateful.invariant()
    def plans_agree(self) -> None:
        """In every state, memory, order and chunks change nothing."""
        if self.world is not None and self.is_fine:
            self._guard(self.world.check_any_plan)

    def teardown(self) -> None:
        """Make the world well again, and see the rollout come to its end."""
        if self.world is None:
            return
        try:
            if self.is_fine:
                self._end()
        finally:
            self.world.runner.close()

    @property
    def _world(self) -> machines.World:
        assert self.world is not None
        return self.world

    def _asked(self, change: stories.Change) -> asks.Asked:
        fields: dict[str, Any] = {change.field: change.value}
        if fields.get("partition"):  # a manifest may not have both
            fields["canaries"] = False
        elif fields.get("canaries"):
            fields["partition"] = 0
        asked = self._world.asked
        changed = dataclasses.replace(asked.sets[change.set_name], **fields)
        return dataclasses.replace(asked, sets={**asked.sets, change.set_name: changed})

    def _push(self, change: stories.Change) -> None:
        self._world.push(self._asked(change))

    def _hurry(self, image: str) -> None:
        """Ask for *image* on all pods at once."""
        asked = self._world.asked
        hurried = asks.Set(stories.LOGTAIL, image, "100%")
        self._world.push(dataclasses.replace(asked, sets={**asked.sets, stories.LOGTAIL: hurried}))

    def _run(self, work: Any) -> Any:
        return self._guard(lambda: self._world.run(work))

    def _guard(self, call: Any) -> Any:
        self.is_fine = False
        result = call()
        self.is_fine = True  # or else the end would hide what was wrong before
        return result

    def _go_on(self, passes: stories.Passes) -> None:
        if passes.image:
            self._push(stories.Change(passes.set_name, "image", passes.image))
        world = self._world
        for number, seconds in enumerate(passes.waits):
            world.bench.wait(seconds)
            polls = passes.polls or not world.bench.reconciler.may_run
            self._run(world.work(polls=polls, compares=number == 0))

    def _toggle(self, image: str) -> None:
        cluster = self._world.bench.cluster
        (cluster.break_image if image == stories.BROKEN else cluster.crash_image)(image)

    def _live(self, deed: str, number: int) -> None:
        bench = self._world.bench
        found = [pod for pod in bench.cluster.snapshot().pods if pod.is_active]
        owner, bad = machines.OWNERS[number % 2], (stories.BROKEN, stories.CRASHING)[number % 2]
        if deed.startswith("scale"):
            bench.cluster.scale("shop", owner, number % 3 if deed == "scale down" else 3 + number % 3)
        elif deed == "mend":
            bench.cluster.mend_image(bad)
        elif found:
            self._strike(found[number % len(found)], deed, number)

    def _strike(self, pod: Any, deed: str, number: int) -> None:
        cluster, place = self._world.bench.cluster, (pod.namespace, pod.name)
        if deed == "delete":
            cluster.delete_pod(*place, grace=(None, 0, 5)[number % 3])
        elif deed == "kill":
            cluster.kill_container(*place, container="app")
        elif deed == "probe":
            cluster.fail_probe(*place, container="app", seconds=10 * number)
        elif deed == "crash pod":
            cluster.end_pod(*place, is_failed=True)
        elif deed == "image":
            self._world.court.witness.touched.add(pod.uid)
            cluster.set_image_from_outside(*place, "logtail", stories.IMAGES[number % 3])

    def _end(self) -> None:
        world, cluster = self._world, self._world.bench.cluster
        world.lag.clear()  # new pods come, and get well by themselves
        world.trouble(apiservers.Faults())
        cluster.throttle(None)
        world.bench.wait(1)
        for image in (stories.BROKEN, stories.CRASHING):
            cluster.mend_image(image)
        for owner, replicas in zip(machines.OWNERS, (4, 2), strict=True):
            cluster.scale("shop", owner, replicas)
        for pod in cluster.snapshot().pods:
            if pod.phase == "Failed":  # its name is taken
                cluster.delete_pod(pod.namespace, pod.name)
        world.push(asks.Asked({name: asks.Set(name, FINAL, "34%") for name in world.asked.sets}))
        for _ in range(_MOST):
            done = world.run(world.work())
            if done is not None and all(each.condition("Complete").status for each in done.report.sets):
                break
            world.let_pass(done.again_after if done is not None else 1.0)
        assert done is not None
        for planned, each in zip(done.plan.sets, done.report.sets, strict=True):
            assert each.condition("Complete").status, each
            assert planned.finished == planned.matched
            assert len(planned.matched) == {"logtail": 6, "proxy": 2}[each.name]


TestRollouts = Rollouts.TestCase
TestRollouts.settings = profiles.of_stories()
