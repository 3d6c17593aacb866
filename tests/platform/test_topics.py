"""Topics on the real bundled broker: created as declared, verified without side effect, recreated only when asked."""

import re

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from missionare.kit import topics
from missionare.kit.topics import TopicSpec, TopicsWrong

pytestmark = pytest.mark.broker


@pytest.fixture
def spec(request):
    return TopicSpec.owned_by(f"t{abs(hash(request.node.name))}", replicas=1)


@pytest.fixture
async def admin(kafka):
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    yield client
    await client.close()


async def test_a_missing_topic_is_created_once(kafka, spec):
    assert await topics.provision(kafka, [spec]) == [spec.name]
    assert await topics.provision(kafka, [spec]) == []
    await topics.verify(kafka, [spec])


async def test_verifying_names_a_missing_topic_and_does_not_create_it(kafka, spec, admin):
    with pytest.raises(TopicsWrong, match="missing; create it with: missionare topics provision"):
        await topics.verify(kafka, [spec])
    assert spec.name not in await admin.list_topics()


async def test_a_topic_with_another_shape_is_named_and_left_alone(kafka, spec, admin):
    await admin.create_topics([NewTopic(spec.name, 4, 1)])
    with pytest.raises(TopicsWrong) as wrong:
        await topics.verify(kafka, [spec])
    assert "4 partitions instead of 12" in str(wrong.value)
    # A broker says its own default where a topic has none: seven days on Apache Kafka.
    assert re.search(r"retention\.ms is (not set|604800000) instead of 1209600000", str(wrong.value))
    monkey = pytest.MonkeyPatch()
    monkey.setattr(topics, "SETTLE_TRIES", 1)
    with monkey.context(), pytest.raises(TopicsWrong, match="4 partitions"):
        await topics.provision(kafka, [spec])
    monkey.undo()
    assert len((await admin.describe_topics([spec.name]))[0]["partitions"]) == 4


async def test_a_wrong_topic_is_recreated_when_asked_and_a_right_one_is_kept(kafka, spec, admin):
    await admin.create_topics([NewTopic(spec.name, 4, 1)])
    assert await topics.provision(kafka, [spec], recreate=True) == [spec.name]
    assert await topics.provision(kafka, [spec], recreate=True) == []
    await topics.verify(kafka, [spec])


async def test_fewer_copies_than_wanted_are_named(kafka, spec):
    await topics.provision(kafka, [spec])
    with pytest.raises(TopicsWrong, match="1 copies instead of 3"):
        await topics.verify(kafka, [TopicSpec(spec.name, 3)])


@pytest.mark.parametrize(("replicas", "in_sync"), [(1, "1"), (2, "1"), (3, "2")])
def test_one_copy_less_than_all_confirms_a_fact(replicas, in_sync):
    assert TopicSpec.owned_by("x", replicas=replicas).settings["min.insync.replicas"] == in_sync
