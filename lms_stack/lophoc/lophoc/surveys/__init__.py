"""Anonymous surveys of satisfaction."""
