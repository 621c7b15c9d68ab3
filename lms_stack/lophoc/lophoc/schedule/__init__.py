"""The calendar: live sessions, sessions in a room, attendance."""
