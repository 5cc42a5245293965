"""Configuration → station. This module alone knows every device by its name; each is imported in its own case."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from calibration.profile import DamagedProfile, Profile, Profiles
from models.bundle import Bundle
from models.bundle import BundleError as DamagedBundle
from station.cameras.freshness import FreshCamera, Freshness
from station.config import Configuration, Gpio, Pi, Serial, Simulated, Usb
from station.errors import BundleError, ProfileError
from station.log.store import TraceabilityLog
from station.loop import Station
from station.recipe import Recipe
from station.signals import Several
from station.trigger import Trigger
from station.types import Camera, Clock, Order, Signal, SystemClock, TriggerSource
from station.verification import Verification, Verified


def station(configuration: Configuration) -> Station:
    """The real station. Raises StationError (a sentence) for what cannot be had; opens no device yet."""
    clock = SystemClock()
    bundle = load_bundle(configuration.bundle, configuration.order.part_number)
    camera = make_camera(configuration, clock)
    profile = active_profile(configuration.data, camera.name)
    order = configuration.order
    return assemble(
        name=configuration.name,
        order=Order(order.part_number, order.work_order, order.lot, operator=order.operator),
        clock=clock,
        camera=camera,
        signal=Several([make_line(line, clock) for line in configuration.line]),
        data=configuration.data,
        bundle=bundle,
        verification=Verified(configuration.verification.hours * 3600.0),
        profile=profile,
        sources=frozenset(TriggerSource(source) for source in configuration.trigger.sources),
        still_for=configuration.trigger.still_for,
        gone_for=configuration.trigger.gone_for,
        is_simulated=isinstance(configuration.camera, Simulated),
    )
