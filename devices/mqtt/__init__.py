"""MQTT: levels published to a broker with a retained status, and topics that are listened to; needs the extra mqtt."""

from devices.mqtt.driver import MqttDriver, create
from devices.mqtt.source import MqttSource, create_source

__all__ = ["MqttDriver", "MqttSource", "create", "create_source"]
