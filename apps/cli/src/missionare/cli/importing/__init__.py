"""`missionare import members FILE`: an agency's spreadsheet into the register.

`sheets` reads the file, `columns` knows the headings, `values` the words in the cells, `rows` puts a row together or
says what is wrong with it, `sending` talks to members through the gateway, `command` does it all in order.
"""
