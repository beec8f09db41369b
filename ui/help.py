"""Help pages of the command line with Chinese headings."""

from __future__ import annotations

import click

__all__ = ["ChineseCommand", "ChineseGroup"]


def _named(option: str) -> str:
    """Return the left column of an option with its kind of value in Chinese."""
    for word, chinese in (("INTEGER RANGE", "整数"), ("TEXT", "文字"), ("PATH", "路径")):
        option = option.replace(word, chinese)
    return option


class _ChineseHelp(click.Command):
    """Writes the same help as click with its headings in Chinese."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the line that shows how the command is called."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="用法：")

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the parts of that line."""
        words = {"[OPTIONS]": "[选项]", "COMMAND": "命令", "[ARGS]...": "[参数]..."}
        return [" ".join(words.get(word, word) for word in piece.split(" ")) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of options, and in a group that of commands."""
        options = (parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option))
        rows = [record for option in options if (record := option.get_help_record(ctx))]
        if rows:
            with formatter.section("选项"):
                formatter.write_dl([(_named(name), text) for name, text in rows])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option that shows the help."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示这份帮助"
        return option


class ChineseCommand(_ChineseHelp):
    """A command with Chinese help."""


class ChineseGroup(_ChineseHelp, click.Group):
    """A group with Chinese help, whose commands have it too."""

    command_class = ChineseCommand

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write options, then commands."""
        super().format_options(ctx, formatter)
        commands = [(name, self.commands[name].get_short_help_str(60)) for name in sorted(self.commands)]
        with formatter.section("命令"):
            formatter.write_dl(commands)


ChineseGroup.group_class = ChineseGroup
