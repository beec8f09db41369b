"""The tabs of the page; each module builds one. These and ui/app.py are the only ones that import Gradio."""
