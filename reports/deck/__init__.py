"""The deck: python-pptx at the top of its modules, which nothing loads but the writing of one."""
