"""Modbus TCP: coils, inputs and registers of a PLC are read; nothing is written but a heartbeat counter."""

from devices.modbus.source import create_source

__all__ = ["create_source"]
